import { LightningElement, api, wire } from 'lwc';
import { getRecord, getFieldValue } from 'lightning/uiRecordApi';
import OUTPUT from '@salesforce/schema/Installation__c.Panel_Output__c';

export default class SolarOutput extends LightningElement {
    @api recordId;

    @wire(getRecord, { recordId: '$recordId', fields: [OUTPUT] })
    installation;

    get watts() {
        return getFieldValue(this.installation.data, OUTPUT);
    }
}
